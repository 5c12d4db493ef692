;; Returns a case that its type does not have.
;; world: bank
;; call: render
;; error: NAME: render trapped: invalid expected discriminant
(module
  (func (export "memloom:agent/bank@0.2.0#render") (param i32 i32) (result i32)
    (i32.store8 (i32.const 2048) (i32.const 7))
    (i32.const 2048)))
