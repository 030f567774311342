package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestTheFirstHour types docs/first-hour.md: its files are written, its console blocks are
// run in order in one folder, and what they print is compared. A line of `...` is any
// lines, `...` in a line anything on it. `exit N` after console is the exit code.
func TestTheFirstHour(t *testing.T) {
	page, err := os.ReadFile("../../docs/first-hour.md")
	if err != nil {
		t.Fatal(err)
	}
	dir, bin := t.TempDir(), programs(t)
	ran := 0
	for _, m := range fence.FindAllStringSubmatch(string(page), -1) {
		switch m[1] {
		case "yaml":
			f := fileMark.FindStringSubmatch(m[3])
			if f == nil {
				t.Fatalf("a file of the page has no name:\n%s", m[3])
			}
			if err := os.WriteFile(filepath.Join(dir, f[1]), []byte(m[3]), 0o666); err != nil {
				t.Fatal(err)
			}
		case "console":
			command, want, _ := strings.Cut(m[3], "\n")
			line, ok := strings.CutPrefix(command, "$ ")
			if !ok || strings.Contains(want, "\n$ ") {
				t.Fatalf("a console block is one command and what it prints:\n%s", m[3])
			}
			code := 0
			if m[2] != "" {
				if _, err := fmt.Sscanf(m[2], "exit %d", &code); err != nil {
					t.Fatalf("%s: %v", m[2], err)
				}
			}
			got, exit := typed(t, dir, bin, line)
			if exit != code {
				t.Fatalf("$ %s\nexit code %d, want %d\n%s", line, exit, code, got)
			}
			if !wildcards(want).MatchString(got) {
				t.Errorf("$ %s\nprinted\n%s\nand the page has\n%s", line, got, want)
			}
			ran++
		}
	}
	if ran < 10 {
		t.Errorf("%d commands were found", ran)
	}
}

// TestTheTour: README.md shows configs/vae-mnist.yaml, and what check says of it with three
// words mistyped.
func TestTheTour(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile("../../configs/vae-mnist.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, whole, _ := strings.Cut(string(config), "\n") // the first line says how it is run
	wrong := strings.NewReplacer("z -> dense(hidden)", "z -> dense(hiden)", "encoder(image)", "encoder(imgae)", "optimizer:", "optimiser:").Replace(whole)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "vae.yaml"), []byte(wrong), 0o666); err != nil {
		t.Fatal(err)
	}
	shown := map[string]int{}
	for _, m := range fence.FindAllStringSubmatch(string(page), -1) {
		shown[m[1]]++
		switch m[1] {
		case "yaml":
			if m[3] != whole {
				t.Error("the config of the tour is not configs/vae-mnist.yaml")
			}
		case "console":
			command, want, _ := strings.Cut(m[3], "\n")
			got, code := typed(t, dir, programs(t), strings.TrimPrefix(command, "$ "))
			if m[2] != fmt.Sprintf("exit %d", code) || !wildcards(want).MatchString(got) {
				t.Errorf("exit code %d of %s\n%s\nand the page has\n%s", code, command, got, want)
			}
		}
	}
	if shown["yaml"] != 1 || shown["console"] != 1 {
		t.Error(shown)
	}
}

// programs is a folder with the test binary as gotrain: see TestMain.
func programs(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(program, filepath.Join(bin, "gotrain")); err != nil {
		t.Fatal(err)
	}
	return bin
}

// typed runs a line of the shell and gives what it prints, on both streams, and its code.
func typed(t *testing.T, dir, bin, line string) (string, int) {
	t.Helper()
	c := exec.Command("sh", "-c", line)
	c.Dir = dir
	c.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"HOME="+filepath.Join(bin, "home"), "XDG_CACHE_HOME="+filepath.Join(bin, "cache"), "GOMAXPROCS=2")
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(out), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// wildcards is the expression of a text with `...` in it. Blanks at the ends of lines are
// not compared.
func wildcards(text string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`\A`)
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if line == "..." {
			b.WriteString(`(?:.*\n)*?`)
			continue
		}
		parts := strings.Split(line, "...")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		b.WriteString(strings.TrimRight(strings.Join(parts, `.*`), " ") + ` *\n`)
	}
	return regexp.MustCompile(b.String() + `\z`)
}

// TestWildcards: the comparison of the first hour refuses what differs.
func TestWildcards(t *testing.T) {
	for i, c := range []struct {
		want, got string
		same      bool
	}{
		{"a ... c\n", "a b c\n", true},
		{"a ... c\n", "a b d\n", false},
		{"a\n...\nz\n", "a\nz\n", true},
		{"a\n...\nz\n", "a\nb\nc\nz\n", true},
		{"a\n...\nz\n", "a\nb\n", false},
		{"a\n", "a\nb\n", false},
		{"a.b\n", "axb\n", false},
	} {
		if wildcards(c.want).MatchString(c.got) != c.same {
			t.Error(strconv.Itoa(i), c)
		}
	}
}
