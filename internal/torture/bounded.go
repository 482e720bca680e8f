// Package torture holds what the tests against hostile input share: bounds on time and memory, and hostile values.
package torture

import (
	"runtime/metrics"
	"testing"
	"time"
)

// Bounds of one call over hostile input. They are wide: a machine under load must not fail a test, and what grows with
// the square of its input passes any bound of this kind with an input of some hundred kilobytes.
const (
	maxTime  = 20 * time.Second
	maxAlloc = 64 << 20 // bytes, and PerByte more for each byte of the input
	perByte  = 16 << 10
)

// Bounded runs the work over n bytes of input, and fails the test if it takes 20 seconds, or allocates more than 64 MiB
// and 16 KiB for each byte of the input. Allocations that were freed meanwhile count.
func Bounded(t testing.TB, n int, work func()) {
	t.Helper()
	before, start := allocated(), time.Now()
	work()
	if took := time.Since(start); took > maxTime {
		t.Errorf("%d bytes of input took %s", n, took)
	}
	if size := allocated() - before; size > maxAlloc+uint64(n)*perByte {
		t.Errorf("%d bytes of input took %d MiB of memory", n, size>>20)
	}
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
