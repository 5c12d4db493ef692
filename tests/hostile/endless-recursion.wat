;; A function that calls itself without end.
;; world: bank
;; call: end-session
;; error: NAME: end-session exceeded the limit stack_bytes (524288): mend the component or raise Limits::stack_bytes
(module
  (func $deep (call $deep))
  (func (export "memloom:agent/bank@0.1.0#end-session") (param i32 i32 i32)
    (call $deep)))
