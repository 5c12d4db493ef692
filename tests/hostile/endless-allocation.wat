;; Its allocator does not end while the host hands it an argument.
;; world: bank
;; call: render
;; error: NAME: configure exceeded its fuel limit (200000000); fix the component or raise `limits.fuel`
(module
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (loop (br 0))
    (i32.const 0)))
