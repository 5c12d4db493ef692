;; Ends a task and lists an action all the same.
;; world: environment
;; call: act
;; error: NAME: act violated the contract: 1 actions after the end of the task
(module
  (func (export "memloom:agent/environment@0.2.0#act") (param i32 i32) (result i32)
    (i32.store8 (i32.const 2060) (i32.const 1))
    (i32.store (i32.const 2068) (i32.const 3000))
    (i32.store (i32.const 2072) (i32.const 1))
    (i32.const 2048)))
