//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/bartizan-dev/bartizan/e2e/apiserver"
)

// checkRights asks the API server's own authorizer what every account and group may do in every namespace of the tree, and
// in one that the tree says nothing about. testdata/rights.txt is what verify's evaluator makes of the same files.
func checkRights(ctx context.Context, e *env) (string, error) {
	text, err := os.ReadFile("testdata/rights.txt")
	if err != nil {
		return "", err
	}
	want := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	subjects, namespaces, err := apiserver.Subjects(want)
	if err != nil {
		return "", fmt.Errorf("testdata/rights.txt: %w", err)
	}
	// Accounts that no file names would be as good to an attacker as any.
	var accounts corev1.ServiceAccountList
	if err := e.JSON(ctx, &accounts, "get", "serviceaccounts", "-A"); err != nil {
		return "", err
	}
	for _, a := range accounts.Items {
		if namespaces[a.Namespace] && a.Namespace != "default" {
			subjects["account "+a.Namespace+"/"+a.Name] = true
		}
	}
	ask := func(ctx context.Context, namespace, user string, groups []string) (*authorizationv1.SelfSubjectRulesReview, error) {
		// Without --raw kubectl would ask for definitions first, as the user.
		args := []string{"create", "--raw", apiserver.ReviewPath, "-f", "-", "--as", user}
		for _, g := range groups {
			args = append(args, "--as-group", g)
		}
		text, err := e.KubectlInput(ctx, strings.NewReader(apiserver.Question(namespace)), args...)
		if err != nil {
			return nil, err
		}
		var answer authorizationv1.SelfSubjectRulesReview
		return &answer, json.Unmarshal([]byte(text), &answer)
	}
	got, err := apiserver.Rights(ctx, ask, subjects, namespaces)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d accounts and groups in %d namespaces: %d lines alike", len(subjects), len(namespaces), len(got)), errors.Join(apiserver.Differences(got, want)...)
}
