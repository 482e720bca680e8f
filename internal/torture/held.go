package torture

import (
	"runtime/metrics"
	"syscall"
	"testing"
	"time"
)

// The most that reading one specification may take, whatever stands in it: what users are promised.
const (
	MaxLoad   = 20 * time.Second // of CPU, of which the garbage collector takes a part on other cores
	MaxMemory = 1 << 30          // bytes of heap and stacks, garbage that was not collected yet counted
)

// Held runs the work, and fails the test if it takes more CPU time than MaxLoad, or more memory than MaxMemory at any
// moment. It returns both. Other tests must not run meanwhile.
func Held(t testing.TB, work func()) (took time.Duration, peak uint64) {
	t.Helper()
	before := used()
	done, ended := make(chan struct{}), make(chan uint64)
	go func() {
		most := before
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				ended <- max(most, used())
				return
			case <-tick.C:
				most = max(most, used())
			}
		}
	}()
	start := CPU()
	work()
	took = CPU() - start
	close(done)
	peak = <-ended - before // never below: the first look is among them
	if took > MaxLoad {
		t.Errorf("took %s, more than %s", took, MaxLoad)
	}
	if peak > MaxMemory {
		t.Errorf("took %d MiB of memory, more than %d", peak>>20, MaxMemory>>20)
	}
	return took, peak
}

// CPU returns the CPU time that this process has taken.
func CPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // the arguments are right
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// used returns the bytes of objects and stacks.
func used() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() + sample[1].Value.Uint64()
}
