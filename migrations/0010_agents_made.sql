-- When work on an agent first ended well on the gateway that it lives on: until then what that
-- gateway put into its workspace is overwritten, whatever the row's status has been since.

ALTER TABLE gateway_agents ADD COLUMN made_at timestamptz;
UPDATE gateway_agents SET made_at = updated_at
WHERE gateway_id IS NOT NULL AND (status IN ('online', 'updating') OR last_seen_at IS NOT NULL);
