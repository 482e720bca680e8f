package templates

import (
	"encoding/json"
	"fmt"
	"strings"
)

// ConfToken passes a value into a configuration file made of words and lines: sshd_config, sysctl.d, systemd units,
// WireGuard. None of these languages can quote every character, so what is more than a plain word is refused.
func ConfToken(v any) (string, error) {
	s := fmt.Sprint(v)
	if s == "" {
		return "", fmt.Errorf("empty word in a configuration file")
	}
	for _, r := range s {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-:/@+=,[]*", r)
		if !plain {
			return "", fmt.Errorf("%q is no plain word: it contains %q", s, r)
		}
	}
	return s, nil
}

// TOML writes a string as a TOML basic string. JSON's escapes are a subset of TOML's, except that of DEL.
func TOML(s string) (string, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(string(data), "\x7f", `\u007F`), nil
}
