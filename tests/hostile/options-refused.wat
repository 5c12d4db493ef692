;; A bank that refuses any options, even none.
;; world: bank
;; call: configure
;; error: NAME: configure: invalid: abc
(module
  (data (i32.const 2900) "abc")
  (func (export "memloom:agent/bank@0.2.0#configure") (param i32 i32) (result i32)
    (i32.store8 (i32.const 2048) (i32.const 1))
    (i32.store8 (i32.const 2052) (i32.const 1))
    (i32.store (i32.const 2056) (i32.const 2900))
    (i32.store (i32.const 2060) (i32.const 3))
    (i32.const 2048)))
