;; Finds more than was asked for.
;; world: bank
;; call: retrieve
;; error: NAME: retrieve violated the contract: 3 hits for a limit of 2
(module
  (data (i32.const 2900) "abc")
  (func (export "memloom:agent/bank@0.2.0#retrieve") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 f32 i32 i32) (result i32)
    (i32.store (i32.const 2052) (i32.const 3000))
    (i32.store (i32.const 2056) (i32.const 3))
    (i32.store (i32.const 3000) (i32.const 2900))
    (i32.store (i32.const 3004) (i32.const 1))
    (f32.store (i32.const 3056) (f32.const 3))
    (i32.store (i32.const 3060) (i32.const 2901))
    (i32.store (i32.const 3064) (i32.const 1))
    (f32.store (i32.const 3116) (f32.const 2))
    (i32.store (i32.const 3120) (i32.const 2902))
    (i32.store (i32.const 3124) (i32.const 1))
    (f32.store (i32.const 3176) (f32.const 1))
    (i32.const 2048)))
