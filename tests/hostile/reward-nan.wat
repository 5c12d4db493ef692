;; Rewards an answer with NaN.
;; world: environment
;; call: score
;; error: NAME: score violated the contract: the reward NaN for the question q1
(module
  (func (export "memloom:agent/environment@0.2.0#score") (param i32 i32 i32 i32 i32 i32) (result i32)
    (f32.store (i32.const 2052) (f32.const nan))
    (i32.const 2048)))
