;; Takes table elements until there are no more.
;; world: bank
;; call: end-session
;; error: NAME: end-session exceeded its table_elements limit (100000); fix the component or raise `limits.table_elements`
(module
  (table $t 1 funcref)
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (loop
        (drop (table.grow $t (ref.null func) (i32.const 1000)))
        (br 0))))
