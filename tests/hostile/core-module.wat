;; A core module, not a component.
;; world: none
;; call: load
;; error: cannot load NAME: it is a core module, not a component; make a component of it, for instance with `memloom componentize`
(module (memory (export "memory") 1))
