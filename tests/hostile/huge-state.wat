;; Is to restore one GiB.
;; world: bank
;; call: restore 1 GiB
;; error: NAME: restore exceeded its memory_bytes limit (268435456); fix the component or raise `limits.memory_bytes`
(module
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.mul (memory.size) (i32.const 65536)))
    (drop (memory.grow (i32.div_u (i32.add (local.get 3) (i32.const 65535)) (i32.const 65536))))
    (local.get $at)))
