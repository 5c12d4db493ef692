;; Opens an episode of 4 294 967 295 sessions.
;; world: environment
;; call: open
;; error: NAME: open exceeded its sessions limit (100000); fix the component or raise `limits.sessions`
(module
  (func (export "memloom:agent/environment@0.2.0#open") (param i32 i32 i64 i32) (result i32)
    (i32.store (i32.const 2060) (i32.const -1))
    (i32.const 2048)))
