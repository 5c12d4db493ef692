;; A loop that does not end.
;; world: bank
;; call: end-session
;; error: NAME: end-session exceeded the limit fuel (200000000): mend the component or raise Limits::fuel
(module
  (func (export "memloom:agent/bank@0.1.0#end-session") (param i32 i32 i32)
    (loop (br 0))))
