package model_test

import "time"

var today = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
