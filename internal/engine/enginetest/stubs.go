package enginetest

import (
	"testing"

	"gotrain/internal/engine"
)

func testAliasing(t *testing.T, dev engine.Device)    {}
func testCommit(t *testing.T, dev engine.Device)      {}
func testGuard(t *testing.T, dev engine.Device)       {}
func testSharing(t *testing.T, dev engine.Device)     {}
func testTrace(t *testing.T, dev engine.Device)       {}
func testErrors(t *testing.T, dev engine.Device)      {}
func testPrograms(t *testing.T, dev engine.Device)    {}
func testPassesOff(t *testing.T, dev engine.Device)   {}
func testAllocations(t *testing.T, dev engine.Device) {}
