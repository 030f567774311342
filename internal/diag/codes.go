package diag

import "slices"

// Code is one row of the table of diagnostics: what `gotrain help diagnostics CODE` says.
type Code struct {
	Name  string // kebab-case, stable: what --json gives as "code"
	Title string // one line
	Text  string // what it means, why it is refused and what to do
	// Examples show it, one for each kind of situation; there is at least one. A test runs
	// them: Wrong must give the code and Right no error, and what is printed is a golden.
	Examples []Example
}

// Example is a pair of configs or command lines, one wrong and one right.
type Example struct {
	// Wrong and Right are configs. An empty Wrong is Right: the fault is in the command.
	Wrong, Right string
	// Command and RightCommand are what is run on them; FILE stands for the config. An empty
	// Command is "check FILE", an empty RightCommand is Command.
	Command, RightCommand string
	// Before are commands that are run on Right first: a run to go on from.
	Before []string
	// Env are settings of the environment, as NAME=value, of the wrong one only.
	Env []string
}

// Codes is the table, in the order of a file's way through the program. To add a row: a
// line in the codes_*.go of its subject, then `go test ./cmd/gotrain -run Diagnostics
// -update`, which writes its golden to read.
func Codes() []Code {
	return slices.Concat(fileCodes(), configCodes, expressionCodes, nameCodes, callCodes, shapeCodes, trainingCodes, commandCodes)
}

// FindCode gives the row of a code.
func FindCode(name string) (Code, bool) {
	all := Codes()
	i := slices.IndexFunc(all, func(c Code) bool { return c.Name == name })
	if i < 0 {
		return Code{}, false
	}
	return all[i], true
}

// Commands gives the command lines of an example, FILE still in them.
func (e Example) Commands() (wrong, right string) {
	wrong, right = e.Command, e.RightCommand
	if wrong == "" {
		wrong = "check FILE"
	}
	if right == "" {
		right = wrong
	}
	return wrong, right
}

// Configs gives the configs of an example.
func (e Example) Configs() (wrong, right string) {
	if e.Wrong == "" {
		return e.Right, e.Right
	}
	return e.Wrong, e.Right
}
