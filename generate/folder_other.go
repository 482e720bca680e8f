//go:build !linux && !darwin

package generate

import (
	"errors"
	"time"
)

func (d *diskFolder) placeat(from, to string) error { return errors.ErrUnsupported }

func (d *diskFolder) swapat(a, b string) error { return errors.ErrUnsupported }

const lockWait = 0

func (d *diskFolder) lock(exclusive bool, wait time.Duration) error { return nil }
