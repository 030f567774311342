package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// YAML reads some texts as something else than what is written. Each such trap is told
// with what YAML did and what to write.

// openers are the characters that are no text at the start of a value, and what YAML takes
// each for.
var openers = map[byte]string{
	'*':  "an alias of an anchor",
	'&':  "an anchor",
	'!':  "a tag",
	'%':  "a directive",
	'@':  "a reserved sign",
	'`':  "a reserved sign",
	'[':  "a list, which ends at its ]",
	'{':  "a map, which ends at its }",
	'"':  "a quoted text, which ends at the next quote",
	'\'': "a quoted text, which ends at the next quote",
	'|':  "a block of text, which starts on the next line",
	'>':  "a block of text, which starts on the next line",
}

// valueOf is what stands after the key, or the dash, of a line.
func valueOf(line string) string {
	value := strings.TrimLeft(line, " ")
	value = strings.TrimPrefix(value, "- ")
	if _, after, ok := strings.Cut(value, ": "); ok {
		value = after
	}
	return strings.TrimSpace(value)
}

// syntaxHint says which trap a line that YAML cannot read has fallen into; "" for none.
func syntaxHint(line string) string {
	value := valueOf(line)
	switch {
	case strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		return "YAML is indented with spaces, never with tabs"
	case value == "":
		return ""
	case strings.HasPrefix(value, "- "):
		return "an item of a list stands on a line of its own, below its key"
	case strings.HasPrefix(strings.TrimLeft(line, " "), "->"):
		return "an expression ends at a comment, or at a line that is not indented deeper than its key: write its steps as a list, each after a dash"
	case openers[value[0]] != "":
		return openerHint(value)
	case strings.Contains(value, ": "):
		return "YAML takes what stands before ': ' for a key: quote the expression: " + quoted(value)
	}
	return ""
}

func openerHint(value string) string {
	if value[0] == '|' || value[0] == '>' {
		return fmt.Sprintf("YAML takes %c at the start of a value for %s", value[0], openers[value[0]])
	}
	return fmt.Sprintf("YAML takes %c at the start of a value for %s: quote the expression: %s", value[0], openers[value[0]], quoted(value))
}

// quoted writes a value so that YAML reads it as it is written.
func quoted(value string) string {
	if r := []rune(value); len(r) > 60 {
		return "'…'"
	}
	if strings.Contains(value, "'") {
		return strconv.Quote(value)
	}
	return "'" + value + "'"
}

// clock tells 1:30 and 12:30:45, which were numbers to base 60 in YAML 1.1.
var clock = regexp.MustCompile(`^[0-9]+(:[0-5]?[0-9])+$`)

// numberHint is for a scalar where a number is due.
func numberHint(n *yaml.Node) string {
	n = real(n)
	if n.Kind != yaml.ScalarNode {
		return ""
	}
	f, err := strconv.ParseFloat(n.Value, 64)
	switch {
	case clock.MatchString(n.Value):
		return "YAML 1.2 reads digits and colons as a text: write one number"
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 && err == nil:
		return "a quoted number is a text: take the quotes off"
	case n.ShortTag() == "!!float" && err == nil && f == float64(int64(f)):
		return fmt.Sprintf("a number with a dot or an exponent is a fraction: write %d", int64(f))
	case strings.Contains(n.Value, ","):
		return "a number has no commas: 1000000 or 1_000_000, and a dot before its fraction"
	}
	return ""
}

// truthHint is for a scalar where true or false is due.
func truthHint(n *yaml.Node) string {
	n = real(n)
	switch strings.ToLower(n.Value) {
	case "yes", "on", "y":
		return "YAML 1.2 reads " + n.Value + " as a text: write true"
	case "no", "off", "n":
		return "YAML 1.2 reads " + n.Value + " as a text: write false"
	}
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 && (n.Value == "true" || n.Value == "false") {
		return "a quoted " + n.Value + " is a text: take the quotes off"
	}
	return ""
}

// colonHint is for a text that may be a key and a value run together: source:digits.
func colonHint(text string) string {
	if key, value, ok := strings.Cut(text, ":"); ok && isIdentifier(key) && value != "" {
		return "YAML needs a space after the colon: " + key + ": " + value
	}
	return ""
}
