package train

import (
	"bufio"
	"bytes"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// settle hands back what reading and building left behind, and lets the heap, data set
// included, grow by a twentieth only before it is collected again: a step makes no garbage
// and data have no pointers to follow, so that costs nothing, and the process takes what its
// Footprint says. GOGC, where it is set, is left alone.
func settle() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(5)
	}
	debug.FreeOSMemory()
}

// residentBytes is what this process holds in memory now: its code, and Go's heap with
// what has been read and built. Without /proc it is what the Go runtime holds.
func residentBytes() int64 {
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if f := strings.Fields(string(text)); len(f) > 1 {
			if pages, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				return pages * int64(os.Getpagesize())
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// memoryLimit is the least of the machine's memory, the limits of the process's control
// groups and GOMEMLIMIT, and says whose it is; 0 where nothing tells.
func memoryLimit() (limit int64, whose string) {
	least := func(n int64, of string) {
		if n > 0 && (limit == 0 || n < limit) {
			limit, whose = n, of
		}
	}
	least(machineMemory(), "the machine has")
	for _, path := range cgroupFiles() {
		if text, err := os.ReadFile(path); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil { // not "max"
				least(n, "this container may have")
			}
		}
	}
	if n := debug.SetMemoryLimit(-1); n != math.MaxInt64 {
		least(n, "GOMEMLIMIT is")
	}
	return limit, whose
}

// machineMemory is MemTotal, 0 where it is not known.
func machineMemory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) > 1 && f[0] == "MemTotal:" {
			if kib, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				return kib << 10
			}
		}
	}
	return 0
}

// cgroupFiles lists the files that may limit this process, of both versions of control
// groups: its own group's and those above.
func cgroupFiles() []string {
	const root = "/sys/fs/cgroup"
	files := []string{filepath.Join(root, "memory.max"), filepath.Join(root, "memory", "memory.limit_in_bytes")}
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return files
	}
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		dir, file := root, "memory.max"
		if parts[1] == "memory" {
			dir, file = filepath.Join(root, "memory"), "memory.limit_in_bytes"
		} else if parts[1] != "" {
			continue
		}
		for group := filepath.Clean(parts[2]); group != "/" && group != "."; group = filepath.Dir(group) {
			files = append(files, filepath.Join(dir, group, file))
		}
	}
	return files
}
