;; Does not end while it is instantiated.
;; world: bank
;; call: load
;; error: NAME is a memory bank that cannot run here: NAME: instantiate exceeded the limit fuel (200000000): mend the component or raise Limits::fuel
(module
  (start $run)
  (func $run (loop (br 0))))
