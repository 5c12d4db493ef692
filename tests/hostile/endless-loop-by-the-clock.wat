;; A loop that does not end, where calls are held to time.
;; world: bank
;; call: end-session
;; error: NAME: end-session exceeded its call_ms limit (300); fix the component or raise `limits.call_ms`
(module
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (loop (br 0))))
