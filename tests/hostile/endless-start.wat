;; Does not end while it is instantiated.
;; world: bank
;; call: load
;; error: NAME is a memory bank that cannot run here: NAME: instantiate exceeded its fuel limit (200000000); fix the component or raise `limits.fuel`
(module
  (start $run)
  (func $run (loop (br 0))))
