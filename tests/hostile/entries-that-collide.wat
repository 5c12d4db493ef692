;; Has two entries with one id.
;; world: bank
;; call: entries
;; error: NAME: entries violated the contract: two entries have the id a
(module
  (data (i32.const 2900) "abc")
  (func (export "memloom:agent/bank@0.2.0#entries") (result i32)
    (i32.store (i32.const 3000) (i32.const 2900))
    (i32.store (i32.const 3004) (i32.const 1))
    (i32.store (i32.const 3056) (i32.const 2900))
    (i32.store (i32.const 3060) (i32.const 1))
    (i32.store (i32.const 2048) (i32.const 3000))
    (i32.store (i32.const 2052) (i32.const 2))
    (i32.const 2048)))
