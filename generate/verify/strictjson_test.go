package verify

import (
	"bytes"
	"fmt"
	"testing"
)

// What is remembered is what the conversion says, of these very bytes, and no more than the bound of it.
func TestConversionsSayTheSameAgain(t *testing.T) {
	var c conversions
	for range 2 {
		for doc, want := range map[string]string{"a: 1\n": `{"a":1}`, "a: 1 \nb: {}": `{"a":1,"b":{}}`, "a: 2\n": `{"a":2}`} {
			if got, err := c.of([]byte(doc)); err != nil || string(got) != want {
				t.Errorf("%q: %s, %v", doc, got, err)
			}
		}
		if got, err := c.of([]byte("a: 1\na: 2\n")); err == nil {
			t.Errorf("a repeated field is taken: %s", got)
		}
	}
	if len(c.json) != 3 {
		t.Errorf("%d documents are remembered", len(c.json))
	}
	text := bytes.Repeat([]byte("x"), maxConverted/3)
	for n := range 5 {
		if _, err := c.of(fmt.Appendf(nil, "n%d: %s", n, text)); err != nil {
			t.Fatal(err)
		}
		kept := 0
		for doc := range c.json {
			kept += len(doc)
		}
		if kept > maxConverted || kept != c.bytes {
			t.Errorf("%d bytes are kept, %d counted", kept, c.bytes)
		}
	}
}
