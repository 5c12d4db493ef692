;; Asks about session 0.
;; world: environment
;; call: questions
;; error: NAME: questions violated the contract: the question  is about session 0
(module
  (func (export "memloom:agent/environment@0.2.0#questions") (result i32)
    (i32.store (i32.const 3024) (i32.const 64))
    (i32.store (i32.const 3028) (i32.const 1))
    (i32.store (i32.const 2052) (i32.const 3000))
    (i32.store (i32.const 2056) (i32.const 1))
    (i32.const 2048)))
