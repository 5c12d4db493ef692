;; Returns three results for one operation.
;; world: bank
;; call: apply
;; error: NAME: apply violated the contract: 3 results for 1 operations
(module
  (func (export "memloom:agent/bank@0.2.0#apply") (param i32 i32 i32 i32 i32) (result i32)
    (i32.store (i32.const 2048) (i32.const 64))
    (i32.store (i32.const 2052) (i32.const 3))
    (i32.const 2048)))
