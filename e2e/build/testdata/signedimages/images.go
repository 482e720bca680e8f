package main

import (
	"bytes"
	"encoding/base64"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	ocimutate "github.com/sigstore/cosign/v2/pkg/oci/mutate"
	ociremote "github.com/sigstore/cosign/v2/pkg/oci/remote"
	"github.com/sigstore/cosign/v2/pkg/oci/static"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/payload"
)

type signer = signature.SignerVerifier

// kinds are the images: each has the signature of a key over the digest of an image, by their names.
var kinds = []struct {
	name string
	// key is the pair of keys that signed; "" stands for none.
	key string
	// over is the image whose digest is signed; "" stands for its own.
	over string
}{
	{name: "signed", key: declared},
	{name: "signed-by-other", key: other},
	{name: "unsigned"},
	{name: "signature-of-another", key: declared, over: "signed"},
}

// pushAll pushes an image of each kind, and its signature, and returns their references by digest.
func pushAll(dir, repository string) (map[string]string, error) {
	images := map[string]string{}
	for _, k := range kinds {
		image, err := mutate.Config(empty.Image, v1.Config{Labels: map[string]string{"kind": k.name}})
		if err != nil {
			return nil, err
		}
		tag, err := name.NewTag(repository + ":" + k.name)
		if err != nil {
			return nil, err
		}
		if err := remote.Write(tag, image); err != nil {
			return nil, err
		}
		digest, err := image.Digest()
		if err != nil {
			return nil, err
		}
		images[k.name] = tag.Digest(digest.String()).String()
		if k.key == "" {
			continue
		}
		signed := images[k.name]
		if k.over != "" {
			signed = images[k.over]
		}
		if err := sign(dir, k.key, signed, images[k.name]); err != nil {
			return nil, err
		}
	}
	return images, nil
}

// sign signs the digest of one image, and puts the signature where those of another are looked for.
func sign(dir, pair, signed, put string) error {
	key, err := loadKey(dir, pair)
	if err != nil {
		return err
	}
	what, err := name.NewDigest(signed)
	if err != nil {
		return err
	}
	where, err := name.NewDigest(put)
	if err != nil {
		return err
	}
	text, err := payload.Cosign{Image: what}.MarshalJSON()
	if err != nil {
		return err
	}
	raw, err := key.SignMessage(bytes.NewReader(text))
	if err != nil {
		return err
	}
	made, err := static.NewSignature(text, base64.StdEncoding.EncodeToString(raw))
	if err != nil {
		return err
	}
	image, err := ociremote.SignedEntity(where)
	if err != nil {
		return err
	}
	with, err := ocimutate.AttachSignatureToEntity(image, made)
	if err != nil {
		return err
	}
	return ociremote.WriteSignatures(where.Repository, with)
}
