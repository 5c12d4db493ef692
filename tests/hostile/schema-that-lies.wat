;; Names two operations alike.
;; world: bank
;; call: get-schema
;; error: NAME: get-schema violated the contract: two operations have the name a
(module
  (data (i32.const 2900) "abc")
  (func (export "memloom:agent/bank@0.2.0#get-schema") (result i32)
    (i32.store (i32.const 3000) (i32.const 2900))
    (i32.store (i32.const 3004) (i32.const 1))
    (i32.store (i32.const 3024) (i32.const 2900))
    (i32.store (i32.const 3028) (i32.const 1))
    (i32.store (i32.const 2064) (i32.const 3000))
    (i32.store (i32.const 2068) (i32.const 2))
    (i32.const 2048)))
