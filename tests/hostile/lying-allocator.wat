;; Its allocator hands the host an address beyond its memory.
;; world: bank
;; call: render
;; error: NAME: configure trapped: realloc return: beyond end of memory
(module
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (i32.const -4096)))
