;; Divides by zero.
;; world: bank
;; call: end-session
;; error: NAME: end-session trapped: wasm trap: integer divide by zero
(module
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (drop (i32.div_u (i32.const 1) (i32.const 0)))))
