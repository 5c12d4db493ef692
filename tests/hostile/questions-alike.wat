;; Asks two questions under one id.
;; world: environment
;; call: questions
;; error: NAME: questions violated the contract: two questions have the id a
(module
  (data (i32.const 2900) "abc")
  (func (export "memloom:agent/environment@0.2.0#questions") (result i32)
    (i32.store (i32.const 3000) (i32.const 2900))
    (i32.store (i32.const 3004) (i32.const 1))
    (i32.store (i32.const 3008) (i32.const 2901))
    (i32.store (i32.const 3012) (i32.const 1))
    (i32.store (i32.const 3040) (i32.const 2900))
    (i32.store (i32.const 3044) (i32.const 1))
    (i32.store (i32.const 2052) (i32.const 3000))
    (i32.store (i32.const 2056) (i32.const 2))
    (i32.const 2048)))
