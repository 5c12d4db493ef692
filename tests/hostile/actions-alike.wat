;; Lists an action twice.
;; world: environment
;; call: act
;; error: NAME: act violated the contract: the action "a" occurs twice
(module
  (data (i32.const 2900) "abc")
  (func (export "memloom:agent/environment@0.2.0#act") (param i32 i32) (result i32)
    (i32.store (i32.const 3000) (i32.const 2900))
    (i32.store (i32.const 3004) (i32.const 1))
    (i32.store (i32.const 3008) (i32.const 2900))
    (i32.store (i32.const 3012) (i32.const 1))
    (i32.store (i32.const 2068) (i32.const 3000))
    (i32.store (i32.const 2072) (i32.const 2))
    (i32.const 2048)))
