;; A policy that sets the options of its bank, and returns the refusal.
;; world: policy
;; call: observe
;; error: NAME: observe: unsupported: the host configures the bank, not the policy
(module
  (import "memloom:agent/bank@0.2.0" "configure" (func $configure (param i32 i32 i32)))
  (data (i32.const 2900) "{}")
  (func (export "memloom:agent/policy@0.2.0#observe") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $configure (i32.const 2900) (i32.const 2) (i32.const 2048))
    (i32.const 2048)))
