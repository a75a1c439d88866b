"""Health: whether what was applied really runs. One file per kind under `kinds`; `rollout` looks."""
