package graph

import "gotrain/internal/diag"

// opField reaches a field whose name is no identifier, or is an op's.
var opField = &opSpec{
	Name: "field", Group: "data", Doc: `the data field of that name, for names that are no words or an op's: field("Sale Price")`,
	Params: []param{{Name: "name", Kind: textArg, Doc: "quoted"}},
	Build: func(c *call) (any, error) {
		name := c.arg("name").(string)
		f, ok := c.ev.fields[name]
		if !ok {
			return nil, &userError{code: "unknown-name", text: "the data has no field \"" + name + "\"", hint: diag.Choices(name, "it gives", sortedKeys(c.ev.fields))}
		}
		return c.ev.field(f), nil
	},
}
