;; Calls the host while it gives back the memory of its result.
;; world: bank
;; call: render
;; error: NAME: render trapped: wasm trap: cannot leave component instance
(module
  (import "memloom:agent/log@0.2.0" "write" (func $write (param i32 i32 i32)))
  (func (export "memloom:agent/bank@0.2.0#render") (param i32 i32) (result i32)
    (i32.const 64))
  (func (export "cabi_post_memloom:agent/bank@0.2.0#render") (param i32)
    (call $write (i32.const 0) (i32.const 64) (i32.const 0))))
