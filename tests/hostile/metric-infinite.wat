;; Gives an answer an infinite figure.
;; world: environment
;; call: score
;; error: NAME: score violated the contract: a = inf for the question q1
(module
  (data (i32.const 2900) "abc")
  (func (export "memloom:agent/environment@0.2.0#score") (param i32 i32 i32 i32 i32 i32) (result i32)
    (i32.store (i32.const 2056) (i32.const 3000))
    (i32.store (i32.const 2060) (i32.const 1))
    (i32.store (i32.const 3000) (i32.const 2900))
    (i32.store (i32.const 3004) (i32.const 1))
    (f32.store (i32.const 3008) (f32.const inf))
    (i32.const 2048)))
