package ckpt

import (
	"fmt"
	"path/filepath"
	"strings"
)

// CorruptError is a checkpoint that does not match its own hashes.
type CorruptError struct {
	Path            string // the checkpoint folder
	File            string // the file in it, e.g. model.safetensors
	Reason          string // "sha256", "size", "is missing", ...
	Expected, Found string // where the reason compares two values
	Previous        string // the newest other checkpoint there that verifies, or ""
}

func (e *CorruptError) Error() string {
	s := fmt.Sprintf("%s is damaged (%s)", e.Path, (&damage{e.File, e.Reason, e.Expected, e.Found}).Error())
	if e.Previous == "" {
		return s + ": no other checkpoint in " + filepath.Dir(e.Path) + " is whole"
	}
	return s + ": use --ckpt_path " + e.Previous
}

// NotFoundError is a path at which there is no checkpoint.
type NotFoundError struct {
	Path   string
	Reason string   // "" for plain absence
	Have   []string // the checkpoints of the same directory, by step
}

func (e *NotFoundError) Error() string {
	s := "no checkpoint at " + e.Path
	if e.Reason != "" {
		s += " (" + e.Reason + ")"
	}
	if n := len(e.Have); n > 0 {
		shown := e.Have[max(0, n-5):]
		s += "; there are " + strings.Join(shown, ", ")
		if n > len(shown) {
			s += fmt.Sprintf(" and %d older", n-len(shown))
		}
	}
	return s
}

// VersionError is a whole checkpoint of a format this program does not read.
type VersionError struct {
	Path  string
	Found int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s is in checkpoint format %d; this gotrain reads format %d", e.Path, e.Found, formatVersion)
}

// damage is a CorruptError before its folder is known.
type damage struct{ file, reason, expected, found string }

func (d *damage) Error() string {
	s := d.file + ": " + d.reason
	if d.expected != "" || d.found != "" {
		s += fmt.Sprintf(" %s, expected %s", short(d.found), short(d.expected))
	}
	return s
}

// short cuts a hash to what a person compares.
func short(s string) string {
	if len(s) == 64 {
		return s[:12] + "…"
	}
	return s
}
