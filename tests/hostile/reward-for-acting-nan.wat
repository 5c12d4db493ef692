;; Rewards an action with what is no number.
;; world: environment
;; call: act
;; error: NAME: act violated the contract: the reward NaN
(module
  (func (export "memloom:agent/environment@0.2.0#act") (param i32 i32) (result i32)
    (f32.store (i32.const 2064) (f32.const nan))
    (i32.const 2048)))
