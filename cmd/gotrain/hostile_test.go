package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// allowedTime is of processors, for one file.
const allowedTime = 5 * time.Second

// TestHostileFilesAreHarmless: each is refused with a diagnostic, or found right, soon and
// in bounded memory. Each takes less than a second of the processors' time; the limit leaves
// room for slower ones.
func TestHostileFilesAreHarmless(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures time, which the race detector stretches")
	}
	const allowedMemory = 512 << 20
	lines := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i+1, i)
		}
		return b.String()
	}
	const draws, trains = "predict:\n  y: ", "optimizer: {name: adam}\ntrainer: {max_epochs: 1}\n"
	for name, c := range map[string]struct {
		src  string
		code string // "" where the file is right
	}{
		"10,000 turns":              {draws + "randn(3) -> repeat(10000, relu)\n", ""},
		"a million turns":           {draws + "randn(3) -> repeat(1000000, relu)\n", "too-large"},
		"turns of turns":            {draws + "randn(3) -> repeat(100, repeat(100, repeat(100, relu)))\n", "too-large"},
		"10,000 layers":             {"data: {source: digits}\nmodel:\n  y: image -> flatten -> repeat(10000, dense(10))\nloss: sum(y)\n" + trains, "too-large"},
		"turns without number":      {draws + "randn(3) -> repeat(1e308, relu)\n", "bad-argument"},
		"turns below none":          {draws + "randn(3) -> repeat(-1, relu)\n", "bad-argument"},
		"a net that calls itself":   {"model:\n  f(x): x -> f\n" + draws + "f(randn(3))\n", "recursion"},
		"nets that call each other": {"model:\n  f(x): g(x)\n  g(x): f(x)\n" + draws + "f(randn(3))\n", "recursion"},
		"a block that calls itself": {"blocks:\n  f(x): repeat(2, f)\n" + draws + "f(randn(3))\n", ""},
		"blocks that double":        {"blocks:\n  b0(x): x -> relu\n" + lines(40, "  b%d(x): b%[2]d(b%[2]d(x))\n") + draws + "b40(randn(3))\n", "too-large"},
		"values that double":        {"model:\n  v0: '[1, 2]'\n" + lines(40, "  v%d: '[v%[2]d, v%[2]d]'\n") + draws + "randn(3) + v40\n", "too-large"},
		"a long chain of values":    {"model:\n  v0: randn(3)\n" + lines(3000, "  v%d: v%[2]d + 1\n") + draws + "v3000\n", ""},
		"many outputs":              {"predict:\n" + lines(5000, "  y%d: randn(%[2]d + 1)\n"), ""},
		"many parts":                {draws + "randn(16000000) -> split(16000000) -> _ + 1\n", "bad-argument"},
		"an axis that grows":        {draws + "randn(16000000) -> repeat(20, concat(_, _))\n", "shape"},
		"a power of powers":         {draws + "randn(3) * 10**10**10\n", "bad-constant"},
		"a power":                   {draws + "randn(3) * 2**1000000000\n", "bad-constant"},
		"a number beyond all":       {draws + "randn(3) * 1e999\n", "syntax"},
		"a shape beyond all":        {draws + "randn(99999999999999999999)\n", "bad-argument"},
		"a shape of huge axes":      {draws + "randn(16000000, 16000000, 16000000)\n", "shape"},
		"a layer beyond all":        {"data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(1000000000)\nloss: sum(y)\n", "bad-argument"},
		"a seed beyond all":         {"seed: 99999999999999999999\n", "wrong-type"},
		"a batch beyond all":        {"data: {source: digits, batch: 99999999999}\n", "bad-value"},
		"an alias of aliases":       {"vars:\n  a0: &a0 [1, 2]\n" + lines(30, "  a%d: &a%[1]d [*a%[2]d, *a%[2]d]\n"), "too-large"},
		"deep brackets":             {draws + strings.Repeat("(", 4000) + "1" + strings.Repeat(")", 4000) + "\n", "syntax"},
		"deep lists":                {"vars:\n  a: " + strings.Repeat("[", 50_000) + "\n", "yaml"},
		"a chain of minus":          {draws + strings.Repeat("-", 9000) + "1\n", "syntax"},
		"a long name":               {draws + strings.Repeat("a", 200_000) + "\n", "unknown-name"},
		"many wrong names":          {"model:\n" + lines(9000, "  v%d: w%[2]d\n"), "unknown-name"},
		"many keys":                 {lines(9000, "k%d: %d\n"), "unknown-key"},
		"a text that never ends":    {draws + "f(\"" + strings.Repeat("x", 200_000) + "\n", "syntax"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := cpuTime(t)
			code, out, errOut := runOn(t, c.src, "check FILE --json")
			took := cpuTime(t) - start
			runtime.ReadMemStats(&after)
			if took > allowedTime {
				t.Errorf("took %v of processor time", took)
			}
			if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > allowedMemory {
				t.Errorf("took %d MiB", grown>>20)
			}
			if want := map[bool]int{true: exitOK, false: exitUser}[c.code == ""]; code != want && c.code != "" || code == exitBug {
				t.Errorf("exit code %d, want %d\n%.2000s%.2000s", code, want, out, errOut)
			}
			if c.code != "" && !strings.Contains(out, `"code":"`+c.code+`"`) {
				t.Errorf("want %s, got\n%.2000s", c.code, out)
			}
			if len(out) > 8<<20 {
				t.Errorf("%d bytes of diagnostics", len(out))
			}
		})
	}
}

// TestHostileIncludesAreHarmless: files that include each other without end, or twice each,
// or are no files.
func TestHostileIncludesAreHarmless(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures time, which the race detector stretches")
	}
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 {
		write(fmt.Sprintf("twice%d.yaml", i), fmt.Sprintf("include: [twice%d.yaml, twice%d.yaml]\n", i+1, i+1))
	}
	write("twice30.yaml", "seed: 1\n")
	write("a.yaml", "include: [b.yaml]\n")
	write("b.yaml", "include: [a.yaml]\n")
	write("large.yaml", "vars:\n  a: ["+strings.Repeat("1,", 9000)+"1]\n")
	for src, want := range map[string]string{
		"include: [twice0.yaml]\n": "too-large",
		"include: [a.yaml]\n":      "include-cycle",
		"include: [config.yaml]\n": "include-cycle",
		"include: [/dev/zero]\n":   "no-file",
		"include: [.]\n":           "no-file",
		"include: [" + strings.Repeat("large.yaml, ", 90) + "large.yaml]\n": "too-large",
	} {
		start := cpuTime(t)
		code, out, errOut := runOn(t, src, "check FILE --json")
		if took := cpuTime(t) - start; took > allowedTime {
			t.Errorf("%.60s: took %v of processor time", src, took)
		}
		if want == "" && code != exitOK || want != "" && !strings.Contains(out, `"code":"`+want+`"`) {
			t.Errorf("%.60s: exit code %d, want %q\n%.1000s%.1000s", src, code, want, out, errOut)
		}
	}
}
