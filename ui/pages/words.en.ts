import type { Vocabulary } from './vocabulary.ts';

export const en: Vocabulary = {
  newTab: '(opens in a new tab)',
  policy: 'Privacy policy',
  terms: 'Terms of service',
  signIn: {
    title: 'Sign in',
    titleWithProblem: 'Error: Sign in',
    introduction: (client) => `to continue to ${client}`,
    username: 'User name',
    password: 'Password',
    submit: 'Sign in',
    credentials: 'User name and password do not match. Check both and try again.',
    throttled: 'There were too many failed attempts. Wait a little before you try again.',
    throttledSeconds: (seconds) => `There were too many failed attempts. You can try again in ${seconds === 1 ? '1 second' : `${seconds} seconds`}.`,
    throttledMinutes: (minutes) => `There were too many failed attempts. You can try again in ${minutes} minutes.`,
  },
  notice: {
    title: (client) => `Allow ${client} to use your account?`,
    introduction: (client) => `${client} asks to do the following. It gets only what you leave checked.`,
    introductionWithoutScopes: (client) => `${client} asks to be connected with your account. It asks for no particular access.`,
    scopes: {
      openid: 'Recognise you when you sign in',
      profile: 'See your profile, such as your name, picture, birthday and language',
      email: 'See your e-mail address',
      address: 'See your postal address',
      phone: 'See your phone number',
      offline_access: 'Keep this access while you are away, until you withdraw it',
    },
    unknownScope: (scope) => `Use the access named “${scope}”, which has no description here`,
    recorded: 'Your choice is recorded together with the words on this page.',
    withdrawable: 'You can withdraw it at any time. The app then loses its access at once.',
    ownPolicy: (client) => `Its own documents say what ${client} does with your data.`,
    accept: 'Allow',
    deny: 'Deny',
  },
  consent: {
    account: 'Signed in as',
    required: 'Required',
    new: 'New',
    returnsTo: (host) => `Either way you go back to ${host}.`,
  },
  error: {
    troubles: {
      request: {
        title: 'This request can’t be used',
        explanation: 'The app sent something that we can’t accept, or a page was left open for too long. Nothing was shared. Go back to the app and start again.',
      },
      client: {
        title: 'This app can’t be used here',
        explanation: 'The app is unknown to us or may not do what it tried. Nothing was shared. Please tell the people who run the app.',
      },
      denied: {
        title: 'Access was not given',
        explanation: 'The app did not get access to your account. If that was not what you wanted, go back to the app and start again.',
      },
      interaction: {
        title: 'Your answer is needed first',
        explanation: 'The app asked to go on without a question to you, but you have to sign in or agree first. Go back to the app and start again.',
      },
      expired: {
        title: 'This has expired',
        explanation: 'It was valid for a short time only. Go back to the app or device and ask for a new one.',
      },
      busy: {
        title: 'Not just now',
        explanation: 'We can’t answer at the moment. Nothing was lost: wait a minute, then try again.',
      },
      server: {
        title: 'Something went wrong on our side',
        explanation: 'This is not your doing. Try again in a minute. If it happens again, tell the people who run this service the reference below.',
      },
      missing: {
        title: 'There is nothing here',
        explanation: 'The address is wrong, or what was here is gone. Go back to the app and start again.',
      },
      other: {
        title: 'That did not work',
        explanation: 'Your request was stopped. Go back to the app and start again.',
      },
    },
    code: 'Error code',
    description: 'Technical detail',
    guidance: 'For the app’s makers',
    requestId: 'Reference',
  },
  formPost: {
    title: 'Taking you back',
    explanation: (host) => `You are on your way to ${host}. If nothing happens, press the button.`,
    submit: 'Continue',
  },
  signedIn: {
    title: 'You are signed in',
    account: 'Signed in as',
    explanation: 'No app is waiting for you. You can close this page, or go back to the app that you came from.',
  },
};
