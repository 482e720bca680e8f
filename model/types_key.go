package model

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
)

func parseWireGuardKey(s string) (any, *problem) {
	key, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(key) != 32 {
		return "", bad("Invalid WireGuard key", "%q is not the base64 of 32 bytes. Print the public key on the device with \"wg pubkey\".", s)
	}
	if strings.Trim(string(key), "\x00") == "" {
		return "", bad("Invalid WireGuard key", "%q is the empty key.", s)
	}
	return s, nil
}

func parsePublicKey(s string) (any, *problem) {
	block, rest := pem.Decode([]byte(s))
	if block == nil || block.Type != "PUBLIC KEY" || strings.TrimSpace(string(rest)) != "" || len(block.Headers) > 0 || !strings.HasPrefix(s, "-----BEGIN") {
		return "", bad("Invalid public key", "This is not one PEM block \"PUBLIC KEY\". Cosign writes it to cosign.pub: file(\"cosign.pub\").")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return "", bad("Invalid public key", "The key cannot be read: %s.", err)
	}
	switch k := key.(type) {
	case *ecdsa.PublicKey, ed25519.PublicKey:
	case *rsa.PublicKey:
		if k.N.BitLen() < 2048 {
			return "", bad("Weak public key", "The RSA key has %d bits. Use ECDSA P-256, Ed25519, or RSA with at least 2048 bits.", k.N.BitLen())
		}
	default:
		return "", bad("Invalid public key", "The key is neither ECDSA, Ed25519 nor RSA.")
	}
	return s, nil
}

// parseAgeRecipient takes an X25519 recipient of age: Bech32 of 32 bytes with the prefix "age" (C2SP age, BIP 173).
func parseAgeRecipient(s string) (any, *problem) {
	const charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	if strings.HasPrefix(strings.ToUpper(s), "AGE-SECRET-KEY-") {
		return "", bad("Secret in specification", "This is a secret key of age. Write the public key, \"age1…\", and replace the key: it has been written down.")
	}
	data, ok := strings.CutPrefix(s, "age1")
	invalid := bad("Invalid age key", "%q is not a public key of age, which starts with \"age1\" and has 62 characters.", s)
	if !ok || len(data) != 58 {
		return "", invalid
	}
	// The human-readable part "age", expanded: high bits, zero, low bits.
	values := []byte{3, 3, 3, 0, 'a' & 31, 'g' & 31, 'e' & 31}
	for _, c := range data {
		i := strings.IndexRune(charset, c)
		if i < 0 {
			return "", invalid
		}
		values = append(values, byte(i))
	}
	check := uint32(1)
	for _, v := range values {
		top := check >> 25
		check = check&0x1ffffff<<5 ^ uint32(v)
		for i, g := range []uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				check ^= g
			}
		}
	}
	if check != 1 {
		return "", bad("Invalid age key", "The checksum of %q is wrong: a character was lost or changed. Copy it again.", s)
	}
	return s, nil
}
