;; Lists more actions in a task than one may.
;; world: environment
;; call: get-session
;; error: NAME: get-session violated the contract: 1025 actions, more than 1024
(module
  (func (export "memloom:agent/environment@0.2.0#get-session") (param i32) (result i32)
    (i32.store8 (i32.const 2052) (i32.const 1))
    (i32.store (i32.const 2056) (local.get 0))
    (i32.store (i32.const 2076) (i32.const 4096))
    (i32.store (i32.const 2080) (i32.const 1025))
    (i32.const 2048)))
