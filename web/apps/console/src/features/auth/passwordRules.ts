export interface PasswordCheck {
  length: boolean;
  mixed: boolean;
  different: boolean;
  same: boolean;
}

const LENGTH_MIN = 10;

/** What a new password has to fulfil; the server checks it again. */
export function checkPassword(current: string, wanted: string, repeat: string): PasswordCheck {
  return {
    length: [...wanted].length >= LENGTH_MIN,
    mixed: /[a-z]/i.test(wanted) && /\d/.test(wanted),
    different: wanted !== '' && wanted !== current,
    same: wanted !== '' && wanted === repeat,
  };
}
