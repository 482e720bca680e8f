package apiserver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// request is one question to the server.
type request struct {
	method, path string
	query        url.Values
	contentType  string
	body         []byte
	// user and groups are whom the administrator pretends to be, if anybody.
	user   string
	groups []string
}

// answer is what the server says to a request that succeeded.
type answer struct {
	body []byte
	// warnings are the texts of the headers of that name, as they are sent.
	warnings []string
}

// do asks the server. An answer that is no success is an error with the server's message.
func (s *Server) do(ctx context.Context, r request) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, s.base+r.path+"?"+r.query.Encode(), bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Accept", "application/json")
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if r.user != "" {
		req.Header.Set("Impersonate-User", r.user)
	}
	for _, g := range r.groups {
		req.Header.Add("Impersonate-Group", g)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		var status metav1.Status
		if json.Unmarshal(body, &status) == nil && status.Message != "" {
			return nil, fmt.Errorf("%s", status.Message)
		}
		return nil, fmt.Errorf("%s %s: %s: %.300s", r.method, r.path, resp.Status, body)
	}
	return &answer{body: body, warnings: resp.Header.Values("Warning")}, nil
}

// kind is what an object says of itself.
type kind struct{ apiVersion, name string }

// resource is where objects of a kind are.
type resource struct {
	plural     string
	namespaced bool
}

// Applied is what the server says to an object that it takes.
type Applied struct {
	// Warnings are what the server warns of.
	Warnings []string
	// Version is the object's resourceVersion: it stays as it is if the server changed nothing.
	Version string
}

// Apply applies one object, in YAML or JSON, on the server's side, without force. Fields that the server does not know are
// errors.
func (s *Server) Apply(ctx context.Context, apiVersion, kindName, namespace, name string, object []byte) (*Applied, error) {
	return s.apply(ctx, kind{apiVersion, kindName}, namespace, url.PathEscape(name), object)
}

// ApplyStatus applies the status of an object, as the controller of its kind does.
func (s *Server) ApplyStatus(ctx context.Context, apiVersion, kindName, namespace, name string, object []byte) error {
	_, err := s.apply(ctx, kind{apiVersion, kindName}, namespace, url.PathEscape(name)+"/status", object)
	return err
}

// MergeStatus replaces fields of the status of an object, for lists that cannot be applied: those of node addresses have no two
// of a type there, although nodes have.
func (s *Server) MergeStatus(ctx context.Context, apiVersion, kindName, namespace, name string, patch []byte) error {
	path, err := s.path(ctx, kind{apiVersion, kindName}, namespace)
	if err != nil {
		return err
	}
	_, err = s.do(ctx, request{method: http.MethodPatch, path: path + "/" + url.PathEscape(name) + "/status", contentType: "application/merge-patch+json", body: patch})
	return err
}

func (s *Server) apply(ctx context.Context, k kind, namespace, below string, object []byte) (*Applied, error) {
	path, err := s.path(ctx, k, namespace)
	if err != nil {
		return nil, err
	}
	query := url.Values{"fieldManager": {"test"}, "fieldValidation": {"Strict"}}
	said, err := s.do(ctx, request{method: http.MethodPatch, path: path + "/" + below, query: query, contentType: "application/apply-patch+yaml", body: object})
	if err != nil {
		return nil, err
	}
	var made unstructured.Unstructured
	if err := made.UnmarshalJSON(said.body); err != nil {
		return nil, err
	}
	return &Applied{Warnings: said.warnings, Version: made.GetResourceVersion()}, nil
}

// Delete deletes an object at once.
func (s *Server) Delete(ctx context.Context, apiVersion, kindName, namespace, name string) error {
	path, err := s.path(ctx, kind{apiVersion, kindName}, namespace)
	if err != nil {
		return err
	}
	_, err = s.do(ctx, request{method: http.MethodDelete, path: path + "/" + url.PathEscape(name), query: url.Values{"gracePeriodSeconds": {"0"}}})
	return err
}

// Get reads an object, or a list, at a path such as /api/v1/namespaces into out.
func (s *Server) Get(ctx context.Context, path string, out any) error {
	said, err := s.do(ctx, request{method: http.MethodGet, path: path})
	if err != nil {
		return err
	}
	return json.Unmarshal(said.body, out)
}

// path is where objects of a kind are; the server is asked for kinds that it was not asked for before.
func (s *Server) path(ctx context.Context, k kind, namespace string) (string, error) {
	root := "/apis/" + k.apiVersion
	if k.apiVersion == "v1" {
		root = "/api/v1"
	}
	r, ok := s.kinds[k]
	if !ok {
		var list metav1.APIResourceList
		if err := s.Get(ctx, root, &list); err != nil {
			return "", fmt.Errorf("%s: %w", k.apiVersion, err)
		}
		if s.kinds == nil {
			s.kinds = map[kind]resource{}
		}
		for _, one := range list.APIResources {
			if !strings.Contains(one.Name, "/") { // a subresource
				s.kinds[kind{k.apiVersion, one.Kind}] = resource{one.Name, one.Namespaced}
			}
		}
		if r, ok = s.kinds[k]; !ok {
			return "", fmt.Errorf("the server knows no kind %s of %s", k.name, k.apiVersion)
		}
	}
	if r.namespaced {
		root += "/namespaces/" + url.PathEscape(namespace)
	}
	return root + "/" + r.plural, nil
}
