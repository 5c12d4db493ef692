;; Returns another session than the one asked for.
;; world: environment
;; call: get-session
;; error: NAME: get-session violated the contract: session 4294967295 instead of 1
(module
  (func (export "memloom:agent/environment@0.2.0#get-session") (param i32) (result i32)
    (i32.store (i32.const 2056) (i32.const -1))
    (i32.const 2048)))
