;; Has a question that is not asked and has no session to wait for.
;; world: environment
;; call: questions
;; error: NAME: questions violated the contract: the question a has no text and is about no session
(module
  (data (i32.const 2900) "abc")
  (func (export "memloom:agent/environment@0.2.0#questions") (result i32)
    (i32.store (i32.const 3000) (i32.const 2900))
    (i32.store (i32.const 3004) (i32.const 1))
    (i32.store (i32.const 2052) (i32.const 3000))
    (i32.store (i32.const 2056) (i32.const 1))
    (i32.const 2048)))
