//go:build linux || darwin

package generate

import (
	"errors"
	"syscall"
	"time"
)

// lockWait is how long a run waits for another one that writes to the same directory.
const lockWait = 5 * time.Second

var errBusy = errors.New("another run of bartizan is writing to this directory; wait until it has ended, then run again")

// lock keeps other runs from writing to the directory, and if exclusive, also from comparing it, until the folder is
// closed or the process dies. It leaves nothing in the directory. File systems without such locks, some of them shared
// between machines, are used without.
func (d *diskFolder) lock(exclusive bool, wait time.Duration) error {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	const pause = 20 * time.Millisecond
	for ; ; wait -= pause {
		err := syscall.Flock(int(d.self.Fd()), how|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil // held, or not to be had here
		case wait <= 0:
			return errBusy
		default:
			time.Sleep(pause)
		}
	}
}
