;; Starts with ten million table elements.
;; world: bank
;; call: load
;; error: NAME is a memory bank that cannot run here: NAME: instantiate exceeded the limit table_elements (100000): mend the component or raise Limits::table_elements
(module
  (table 10000000 funcref))
