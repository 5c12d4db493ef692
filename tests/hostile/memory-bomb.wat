;; Takes memory until there is no more.
;; world: bank
;; call: end-session
;; error: NAME: end-session exceeded its memory_bytes limit (268435456); fix the component or raise `limits.memory_bytes`
(module
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (loop
        (drop (memory.grow (i32.const 16)))
        (memory.fill (i32.mul (i32.const 65536) (i32.sub (memory.size) (i32.const 16)))
            (i32.const 1) (i32.const 65536))
        (br 0))))
