;; A function that calls itself without end.
;; world: bank
;; call: end-session
;; error: NAME: end-session exceeded its stack_bytes limit (524288); fix the component or raise `limits.stack_bytes`
(module
  (func $deep (call $deep))
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (call $deep)))
