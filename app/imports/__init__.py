"""What comes in as files from elsewhere: rosters of enterprises."""
